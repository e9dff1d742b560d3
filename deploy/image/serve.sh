# What a container does when it is told nothing else: run the service that its image was built for.
set -eu
if [ "$SERVICE" = gateway ] || [ "$SERVICE" = portal ]; then
    exec python -m "$SERVICE"
fi
exec python -m chassis run "$SERVICE"
