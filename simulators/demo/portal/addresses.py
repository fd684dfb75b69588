"""What is printed at the end: where the portal is, who signs in, and pages to begin with."""

from datetime import UTC, datetime
from pathlib import Path

from simulators.demo.portal.back_office import MAILS
from simulators.demo.portal.opening import Portal
from simulators.demo.portal.people import PEOPLE
from simulators.demo.sale.flight import ZONE


def describe_portal(portal: Portal, campaign: str, location: str, slot: str) -> str:
    """The address, users with their password, and pages for them; `slot` is a local hour."""
    api, folder = portal.demo.api, portal.demo.folder
    people = [f"  {one.email:<32}{one.purpose}" for one in PEOPLE]
    pages = {
        _explain_address(api, location, slot): "why this hour has its price; book it there",
        f"{api}/campaigns/{campaign}": "the campaign that was sold",
        f"{api}/live": "what the camera counts now (not for the advertiser)",
        f"{api}/docs": "the API",
    }
    audience = f'"{api}/api/audience/{location}?window=5m"'
    return "\n".join(
        [
            f"\nOpen {api}/ and sign in with the password {portal.password} as\n",
            *people,
            f"\nThe password is in {portal.users_file} too, which only you can read. Cards at the",
            "checkout are simulated: one is accepted, one is declined, one asks for 3-D Secure.",
            "\nPages to begin with:\n",
            *(f"  {address}\n      {what}" for address, what in pages.items()),
            f'\nAsk the API:\n\n  curl -H "X-API-Key: $(cat {folder}/sales.key)" {audience}',
            *_describe_mails(folder),
            f"\nLogs: {folder / 'logs'}",
        ]
    )


def _describe_mails(folder: Path) -> list[str]:
    """Where invitations and notifications are, if mails are collected."""
    mails = folder / MAILS
    return [f"\nMails that the portal sends: {mails}"] if mails.is_dir() else []


def _explain_address(api: str, location: str, slot: str) -> str:
    """The page that takes the price of an hour apart."""
    starts_at = datetime.fromisoformat(slot).replace(tzinfo=ZONE).astimezone(UTC)
    hour = f"{location}@{starts_at:%Y-%m-%dT%H:%M:%SZ}"
    return f"{api}/explore?screens={location}&hour={hour}"
