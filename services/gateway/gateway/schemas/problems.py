"""How every "no" looks (RFC 9457); for the documentation, problems are made in `gateway.problems`."""

from marshmallow import INCLUDE, Schema, fields

from gateway.schemas.base import TextAnswer, part, text, whole


class BrokenRuleAnswer(Schema):
    """One field at fault and the rule that it breaks."""

    field = text()
    rule = text()
    rule_fr = text()


class ProblemAnswer(Schema):
    """`code` is stable; `message` is for the person, `title` for developers; refusals add their details."""

    class Meta:
        """Details of refusals stand beside the fields."""

        unknown = INCLUDE

    type = text(metadata={"format": "uri-reference"})
    title = text()
    status = whole()
    code = text()
    message = part(TextAnswer)
    field = fields.String(metadata={"description": "Dotted path of the (first) field at fault."})
    detail = fields.String()
    errors = fields.List(fields.Nested(BrokenRuleAnswer))
    error = fields.String(metadata={"description": "RFC 6749 error code, at the token endpoint."})
    error_description = fields.String()
    retry_after_s = fields.Integer()
