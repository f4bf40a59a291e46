#!/usr/bin/env bash
# Makes the certificates beside this file: a root of the tests' own, another root that nothing trusts, and
# certificates of the first for 127.0.0.1, for another host, and for a time that is past. All keys are for tests only.
set -euo pipefail
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }
root() {
  key "$tmp/$1.key"
  openssl req -x509 -new -key "$tmp/$1.key" -sha256 -days 36500 -subj "/CN=audiencekit test $1" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out "$1.pem"
}
root root
root stranger
key server.key
cat >"$tmp/ca.cnf" <<C
[ca]
default_ca = here
[here]
new_certs_dir = $tmp
database = $tmp/index
serial = $tmp/serial
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
C
: >"$tmp/index"
echo 01 >"$tmp/serial"
leaf() { # file, subject alternative name, first day, last day
  openssl req -new -key server.key -subj "/CN=$1" -addext "subjectAltName=$2" -out "$tmp/$1.csr"
  openssl ca -batch -notext -config "$tmp/ca.cnf" -cert root.pem -keyfile "$tmp/root.key" -in "$tmp/$1.csr" \
    -startdate "$3" -enddate "$4" -out "$1.pem" 2>/dev/null
}
leaf server "IP:127.0.0.1,DNS:localhost" 20200101000000Z 21200101000000Z
leaf other_host "DNS:graph.example.com" 20200101000000Z 21200101000000Z
leaf expired "IP:127.0.0.1,DNS:localhost" 20200101000000Z 20210101000000Z
