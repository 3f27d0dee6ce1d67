#!/bin/sh
# An outside timestamp authority for tests, by openssl alone: a root, a stamping certificate, the settings of `openssl ts`.
# usage: make_tsa.sh DIR ec|rsa
set -eu
mkdir -p "$1"
cd "$1"
new_key() {
  case $2 in
    ec) openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null ||
      openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null ;;
    rsa) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out "$1" 2>/dev/null ;;
  esac
}
cat > tsa.cnf <<SETTINGS
[req]
distinguished_name = name
prompt = no
[name]
CN = replaced
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[stamps]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = answers
[answers]
serial = $PWD/serial
signer_cert = $PWD/tsa.pem
certs = $PWD/ca.pem
signer_key = $PWD/tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.4146.2.3
digests = sha256
accuracy = secs:1
clock_precision_digits = 3
ess_cert_id_alg = sha256
SETTINGS
new_key ca.key "$2"
new_key tsa.key "$2"
openssl req -new -x509 -sha256 -key ca.key -days 7300 -subj "/CN=Lab root" -config tsa.cnf -extensions root -out ca.pem
openssl req -new -sha256 -key tsa.key -subj "/CN=Lab stamps" -config tsa.cnf -out tsa.csr
openssl x509 -req -sha256 -in tsa.csr -CA ca.pem -CAkey ca.key -set_serial 4711 -days 3650 \
  -extfile tsa.cnf -extensions stamps -out tsa.pem 2>/dev/null
echo 01 > serial
