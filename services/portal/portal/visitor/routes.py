"""The addresses of the pages that anybody may read."""

from starlette.routing import Route

from portal.visitor import accessibility, home, ideas, listing, provider

ROUTES = [
    Route("/", home.show),
    Route("/prestataires", listing.show),
    Route("/prestataires/{provider_id}", provider.show),
    Route("/idees", ideas.show),
    Route("/accessibilite", accessibility.show),
]
