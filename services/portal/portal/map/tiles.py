"""Pictures from a tile server under the map, where an operator has named one."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.map.projection import TILE_PX
from portal.map.view import HEIGHT, WIDTH, View

PLACES = ("{z}", "{x}", "{y}")


@dataclass(frozen=True)
class Tiles:
    """``address`` as ``https://tiles.example/{z}/{x}/{y}.png``, and who is to be named."""

    address: str = ""
    attribution: str = ""

    @property
    def origin(self) -> str:
        """What the content security policy lets pictures come from; empty without a server."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}" if self.address else ""

    def problems(self) -> list[str]:
        """What is wrong with the address."""
        parts = urlsplit(self.address)
        if not self.address or (
            parts.scheme in ("https", "http")
            and parts.netloc
            and all(place in self.address for place in PLACES)
            and not any(sign in self.address for sign in " ;,'\"")
        ):
            return []
        return ["MAP_TILES_URL must be like https://tiles.example/{z}/{x}/{y}.png"]

    def under(self, view: View) -> Iterator[tuple[str, float, float]]:
        """Each tile's address and where it stands in the drawing."""
        if not self.address:
            return
        left, top = view.corner
        last = (1 << view.zoom) - 1
        for row in range(max(0, int(top // TILE_PX)), min(last, int((top + HEIGHT) // TILE_PX)) + 1):
            for column in range(max(0, int(left // TILE_PX)), min(last, int((left + WIDTH) // TILE_PX)) + 1):
                address = self.address
                for place, value in zip(PLACES, (view.zoom, column, row), strict=True):
                    address = address.replace(place, str(value))
                yield address, round(column * TILE_PX - left, 1), round(row * TILE_PX - top, 1)
