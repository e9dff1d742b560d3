"""The addresses of the sign-in pages."""

from starlette.routing import Route

from portal.sign_in import signing_in

ROUTES = [
    Route("/connexion", signing_in.show_holder),
    Route("/connexion", signing_in.mail_code, methods=["POST"]),
    Route("/connexion/code", signing_in.use_code, methods=["POST"]),
    Route("/connexion/equipe", signing_in.show_staff),
    Route("/connexion/equipe", signing_in.use_password, methods=["POST"]),
    Route("/deconnexion", signing_in.sign_out, methods=["POST"]),
]
