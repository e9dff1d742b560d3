# What a container does when it is told nothing else: run the service that its image was built for.
set -eu
if [ "$SERVICE" = gateway ]; then
    exec python -m gateway
fi
exec python -m chassis run "$SERVICE"
