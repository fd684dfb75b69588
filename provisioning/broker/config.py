"""Mosquitto's configuration, for version 2.0.11 and later.

The common name of the certificate is the user name and the client id, so no client can take over
the session of another. The auth plugin (`auth_plugin.c`) rejects any other client id. Without the
plugin, Mosquitto replaces the client id and logs nothing. The only listener without certificates is
a Unix socket that only the supervisor's account can open. Its clients may not publish or subscribe;
the supervisor uses it to end sessions.
"""

from typing import Final

from provisioning.broker.settings import TOPIC_BYTES, BrokerSettings

LOG_TYPES: Final = ("error", "warning", "notice", "information", "debug", "subscribe")


def render(settings: BrokerSettings) -> str:
    """Render the file."""
    parts = [_global_options(settings), _listener(settings, settings.port, websockets=False)]
    if settings.websockets_port is not None:
        parts.append(_listener(settings, settings.websockets_port, websockets=True))
    parts.append(_control(settings))
    return "\n".join([line for part in parts for line in part] + [""])


def _global_options(settings: BrokerSettings) -> list[str]:
    limits = settings.limits
    return [
        "# Written by `python -m provisioning broker`; do not edit.",
        "per_listener_settings true",
        *([f"user {settings.user}"] if settings.user else []),
        "persistence true",
        f"persistence_location {settings.folder / 'state'}/",
        "autosave_interval 30",
        "persistent_client_expiration 14d",
        f"message_size_limit {limits.payload_bytes}",
        f"max_packet_size {limits.payload_bytes + TOPIC_BYTES}",
        f"max_inflight_messages {limits.inflight_messages}",
        f"max_queued_messages {limits.queued_messages}",
        f"max_queued_bytes {limits.queued_bytes}",
        f"max_keepalive {limits.keepalive_s}",
        "set_tcp_nodelay true",
        "sys_interval 0",
        "connection_messages true",
        "log_timestamp false",
        "log_dest stderr",
        *(f"log_type {kind}" for kind in LOG_TYPES),
    ]


def _listener(settings: BrokerSettings, port: int, *, websockets: bool) -> list[str]:
    return [
        f"listener {port} {settings.bind}",
        *(["protocol websockets"] if websockets else []),
        f"max_connections {settings.limits.connections}",
        "max_qos 1",
        "tls_version tlsv1.2",
        f"certfile {settings.server_certificate}",
        f"keyfile {settings.server_key}",
        f"cafile {settings.folder / 'trust.pem'}",
        f"crlfile {settings.folder / 'revoked.pem'}",
        "require_certificate true",
        *_identity(settings),
        "allow_anonymous false",
        f"acl_file {settings.access_file}",
    ]


def _identity(settings: BrokerSettings) -> list[str]:
    """Mosquitto calls the plugin only without `use_identity_as_username`."""
    if settings.auth_plugin is None:
        return ["use_identity_as_username true", "use_username_as_clientid true"]
    limits = settings.limits
    return [
        f"plugin {settings.auth_plugin_file}",
        f"plugin_opt_messages_per_s {limits.messages_per_s}",
        f"plugin_opt_burst_messages {limits.burst_messages}",
        f"plugin_opt_connections_per_min {limits.connections_per_min}",
        f"plugin_opt_burst_connections {limits.burst_connections}",
    ]


def _control(settings: BrokerSettings) -> list[str]:
    return [
        f"listener 0 {settings.control_socket}",
        "max_connections 4",
        "allow_anonymous true",
        f"acl_file {settings.folder / 'nothing.acl'}",
    ]
