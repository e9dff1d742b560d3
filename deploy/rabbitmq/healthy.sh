# The broker's health check: open AMQP 0-9-1 and wait for its first frame, whose type is 1.
# A refused version would be answered with the letters AMQP.
exec 3<>/dev/tcp/127.0.0.1/5672 || exit 1
printf 'AMQP\0\0\011\001' >&3
IFS= read -r -N 1 -t 3 first <&3 && [ "$first" = $'\001' ]
