"""People by their names, however these are written: the function that compares them, and its indexes.

It does what `contracts.names.name_key` does; a test compares the two. A function and not a column, so that
what a release of before adds meanwhile is found too.
"""

from alembic import op

revision = "identity_0006"
down_revision = "identity_0005"
branch_labels = None
depends_on = None

# Without accents, case, signs and blanks: after NFKD accents stand alone (U+0300 to U+036F).
NAME_KEY = r"""
CREATE OR REPLACE FUNCTION name_key(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(
        replace(replace(replace(replace(
            translate(lower(normalize(name, NFKD)), 'ŒÆØŁĐÐÞøłđðı', 'œæolddþolddi'),
        'œ', 'oe'), 'æ', 'ae'), 'þ', 'th'), 'ß', 'ss'),
        '[\u0001-\u002f\u003a-\u0060\u007b-\u00bf\u02b0-\u036f\u2000-\u206f]', '', 'g')
$$
"""
INDEXES = {
    "ix_people_family_name_key": "people (name_key(family_name))",
    "ix_holders_birth_name_key": "holders (name_key(birth_name)) WHERE birth_name IS NOT NULL",
}


def upgrade() -> None:
    op.execute(NAME_KEY)
    with op.get_context().autocommit_block():
        for name, place in INDEXES.items():
            # One that was given up on the way is left behind and used for nothing.
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {place}")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name in reversed(INDEXES):
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    op.execute("DROP FUNCTION name_key(text)")
