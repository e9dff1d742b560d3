"""The addresses of the order's pages."""

from starlette.routing import Route

from portal.ordering import choosing, filling, following
from portal.ordering.drafts import FOLDER

ROUTES = [
    Route("/commander", choosing.show),
    Route("/commander", choosing.begin, methods=["POST"]),
    Route(f"{FOLDER}/{{draft_id}}/envoi", filling.send, methods=["POST"]),
    Route(f"{FOLDER}/{{draft_id}}/{{step}}", filling.show_step),
    Route(f"{FOLDER}/{{draft_id}}/{{step}}", filling.take_step, methods=["POST"]),
    Route("/commander/suivi/{order_id}", following.show),
    Route("/commander/suivi/{order_id}/paiement", following.pay, methods=["POST"]),
]
