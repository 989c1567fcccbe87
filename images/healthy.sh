#!/bin/bash
# Whether the service is ready, asked without curl.
exec 3<>"/dev/tcp/127.0.0.1/$UPLIFT_HTTP_PORT" || exit 1
printf 'GET /q/health/ready HTTP/1.0\r\n\r\n' >&3
read -r status <&3
[[ $status == *' 200 '* ]]
