"""The addresses of a resident's own pages."""

from starlette.routing import Route

from portal.resident import card, disputing, home, live, losing, mailing

ROUTES = [
    Route("/mon-espace", home.show),
    Route("/mon-espace/cartes/{card_id}", card.show),
    Route("/mon-espace/cartes/{card_id}/qr.svg", card.show_qr),
    Route("/mon-espace/cartes/{card_id}/bon.pdf", card.show_voucher),
    Route("/mon-espace/cartes/{card_id}/bon", mailing.ask_voucher),
    Route("/mon-espace/cartes/{card_id}/bon", mailing.send_voucher, methods=["POST"]),
    Route("/mon-espace/cartes/{card_id}/perte", losing.ask_loss),
    Route("/mon-espace/cartes/{card_id}/perte", losing.revoke, methods=["POST"]),
    Route("/mon-espace/cartes/{card_id}/remplacement", losing.ask_new),
    Route("/mon-espace/cartes/{card_id}/remplacement", losing.reissue, methods=["POST"]),
    Route("/mon-espace/commandes/{order_id}/adresse", mailing.ask_email),
    Route("/mon-espace/commandes/{order_id}/adresse", mailing.request_email, methods=["POST"]),
    Route("/mon-espace/commandes/{order_id}/adresse/code", mailing.ask_email),
    Route("/mon-espace/commandes/{order_id}/adresse/code", mailing.confirm_email, methods=["POST"]),
    Route("/mon-espace/visites/flux", live.follow),
    Route("/mon-espace/visites/{visit_id}/contestation", disputing.ask),
    Route("/mon-espace/visites/{visit_id}/contestation", disputing.dispute, methods=["POST"]),
]
