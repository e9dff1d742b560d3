"""The story of the demo, from the first order to the last day, played on the containers."""

from pathlib import Path

import pytest

from demo.acts.closing import account_for_every_cent
from demo.story import play
from tests.containers.stack import ContainerPlatform

pytestmark = pytest.mark.containers


def test_the_whole_story_plays_on_the_containers_and_no_cent_is_amiss(
    platform: ContainerPlatform, tmp_path: Path
) -> None:
    documents, logs = tmp_path / "documents", tmp_path / "logs"
    documents.mkdir()
    logs.mkdir()
    stage = play(platform, documents, logs)
    account_for_every_cent(platform.money_equation(), stage.tell)
