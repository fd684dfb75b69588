"""One example for the help of each command of `python -m provisioning`."""

from typing import Final

EXAMPLES: Final = (
    "ca init --dir ca",
    "ca issue --dir ca --service stream --out own",
    "ca renew --dir ca --service stream --out own",
    "ca revoke --dir ca --name kx-01-cam-1 --reason key-compromise",
    "ca list --dir ca --expiring 30",
    "ca crl --dir ca",
    "ca seal --kms-key alias/onlooker --out passphrase.kms",
    "broker --dir broker --authority ca --host mqtt.example.org",
    "ca-service --dir ca",
    "aws plan --region eu-west-2 Image=ami-0123456789abcdef0",
    "aws template --template lake",
    "aws deploy --region eu-west-2 Image=ami-0123456789abcdef0",
    "aws upload --region eu-west-2 --sites sites.yaml",
    "aws destroy --region eu-west-2 --yes onlooker",
    "aws cost --cameras 100 10000",
    "release 1.2.3",
)
