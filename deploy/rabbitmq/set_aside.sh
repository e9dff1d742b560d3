# Lets a stopped broker begin anew: puts its data aside, whatever its version calls it. bash set_aside.sh
set -eu
shopt -s extglob nullglob
data=${1:-/var/lib/rabbitmq}
aside="$data/before-$(date -u +%Y%m%dT%H%M%S.%6NZ)"
found=("$data"/!(before-*))
if [ ${#found[@]} = 0 ]; then
    echo 'The broker has no data.'
    exit
fi
mkdir "$aside"
mv "${found[@]}" "$aside/"
echo "The broker begins anew; its data until now: $aside."
