"""The deployment's images are pinned, and what other files say of their versions is that of compose.yaml."""

import re

from tests.contracts.test_docs import ROOT

COMPOSE = (ROOT / "deploy" / "compose.yaml").read_text()
OF_OTHERS = re.compile(r"(?:image:|FROM) ((?!occygene/)\S+)")


def images() -> dict[str, str]:
    """Name and tag of every image that is not built here."""
    found = OF_OTHERS.findall(COMPOSE + (ROOT / "deploy" / "Dockerfile").read_text())
    return dict(one.split(":") for one in found)


def test_every_image_of_others_is_pinned_to_a_version() -> None:
    assert set(images()) == {"rabbitmq", "postgres", "prom/prometheus", "python"}
    assert [tag for tag in images().values() if not re.match(r"v?\d", tag)] == []


def test_all_stages_of_our_image_have_the_same_python() -> None:
    stages = re.findall(r"^FROM (\S+)", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)
    assert len(stages) == 2
    assert len(set(stages)) == 1


def test_the_databases_lie_in_the_volume_in_a_folder_of_their_major_version() -> None:
    major = images()["postgres"].split("-")[0]
    [data] = re.findall(r"^ +PGDATA: (\S+)", COMPOSE, re.MULTILINE)
    [volume] = re.findall(r"- postgres-data:(\S+)", COMPOSE)
    assert data == f"{volume}/{major}/docker"


def test_the_page_on_upgrading_leads_to_the_versions_that_are_deployed() -> None:
    title = (ROOT / "docs" / "upgrading.md").read_text().splitlines()[0]
    broker, database = (images()[name].split("-")[0] for name in ("rabbitmq", "postgres"))
    assert title.endswith(f" to {broker} and {database}")
