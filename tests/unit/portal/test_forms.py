"""How what was typed becomes the body of a call."""

from portal.forms import KEY_FIELD, key_of, nested


def test_dotted_names_become_objects_and_numbered_ones_lists_in_their_order() -> None:
    typed = {
        "programme": "occygene-2020",
        "holder.given_name": "Léa",
        "holder.address.insee": "34172",
        "members.10.given_name": "Tom",
        "members.2.given_name": "Zoé",
    }
    assert nested(typed) == {
        "programme": "occygene-2020",
        "holder": {"given_name": "Léa", "address": {"insee": "34172"}},
        "members": [{"given_name": "Zoé"}, {"given_name": "Tom"}],
    }


def test_what_is_empty_or_ours_is_left_out() -> None:
    assert nested({"email": "", "holder.phone": "", KEY_FIELD: "k"}) == {}


def test_names_that_contradict_each_other_break_nothing() -> None:
    assert nested({"holder": "x", "holder.given_name": "Léa"}) == {"holder": "x"}


def test_a_form_without_a_key_gets_one_of_its_own() -> None:
    assert key_of({KEY_FIELD: "k1"}) == "k1"
    assert key_of({}) != key_of({})
