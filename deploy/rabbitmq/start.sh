# Puts the passwords of the environment into the users' definitions and starts the broker, which takes them in at each start.
set -eu
definitions=$(</etc/occygene/definitions.json)
while [[ $definitions =~ \$\{([A-Z_]+)\} ]]; do
    name=${BASH_REMATCH[1]}
    definitions=${definitions//"\${$name}"/"${!name:?}"}
done
# For the broker's user only, and not in the volume.
install -m 400 -o rabbitmq /dev/null /tmp/definitions.json
printf '%s\n' "$definitions" > /tmp/definitions.json
exec docker-entrypoint.sh rabbitmq-server
