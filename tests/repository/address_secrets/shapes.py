"""Addresses with secrets in every place where a URL can have one.

`{at}` is a port of this machine on which no program listens. Names that end in
_REFUSED are addresses that the programs refuse.
"""

from itertools import chain

SECRETS = ("s3cret", "hunter2", "t0ken", "mail.com", "c0ffee")

CAMERAS = (
    "rtsp://admin:s3cret@{at}/stream",
    "rtsp://admin:s3cret@{at}/Streaming/Channels/101?transportmode=unicast",
    "rtsp://me@mail.com:s3cret@{at}/live",
    "rtsp://me:s3cret@hunter2@{at}/live",
    "rtsp://me:s3cret:hunter2@{at}/live",
    "rtsp://me:[s3cret]@{at}/live",
    "rtsp://me:s3cret%40%2F%23%3A@{at}/live",
    "rtsp://me:s3cret%@{at}/live",
    "rtsp://:s3cret@{at}/live",
    "rtsp://s3cret@{at}/live",
    "rtsp://{at}/user=admin&password=s3cret&channel=1&stream=0.sdp",
    "rtsp://{at}/user=admin_password=s3cret_channel=1",
    "rtsp://{at}/s3cret/hunter2/live",
    "rtsp://{at}/live?token=t0ken",
    "rtsp://{at}/live?auth_key=t0ken&usr=admin&pwd=s3cret",
    "http://admin:s3cret@{at}/mjpg/video.mjpg",
    "http://{at}/videostream.cgi?loginuse=admin&loginpas=s3cret",
    "http://{at}/snapshot?session=t0ken&sig=c0ffee",
    "https://{at}/hls/t0ken/index.m3u8",
)
CAMERAS_REFUSED = (
    "rtsp://admin:s3/cret-hunter2@{at}/stream",
    "rtsp://admin:s3cret/hunter2@{at}/stream",
    "rtsp://admin:s3cret#hunter2@{at}/stream",
    "rtsp://admin:s3cret?hunter2@{at}/stream",
    "rtsp://me@mail.com:s3cret/hunter2@{at}/stream",
    "rtsp://admin:s3cret hunter2@{at}/stream",
    "rtsp://admin:s3cret\\hunter2@{at}/stream",
    "rtsp://admin:s3cret%40{at}/stream",
    "rtsp://admin:s3cret",
    "rtsp://[s3cret/hunter2",
    "rtsp://{at}/live#t0ken",
    "rtsp://{at}/live?token=t0ken@hunter2",
    "admin:s3cret@{at}/stream",
    "admin:s3cret%40@{at}/stream",
    "ftp://admin:s3cret@{at}/stream",
    "s3cret://{at}/stream",
)
BROKERS = ("mqtt://user:s3cret@{at}", "mqtts://me@mail.com:s3cret%23hunter2@{at}")
BROKERS_REFUSED = (
    "mqtt://user:s3cret#hunter2@{at}",
    "mqtt://user:s3cret/hunter2@{at}",
    "mqtt://user:s3cret",
    "mqtt://{at}/t0ken",
    "mqtt://{at}?password=s3cret",
    "ws://{at}/mqtt?X-Amz-Signature=c0ffee",
    "user:s3cret@{at}",
    "mqtt://user:[s3cret@{at}:hunter2",
)
DATABASES = (
    "postgresql://ads:s3cret@{at}/onlooker",
    "postgresql+psycopg://me%40mail.com:s3cret@{at}/onlooker?connect_timeout=2",
    "postgresql://{at}/onlooker?user=ads&password=s3cret&sslpassword=hunter2",
    "postgresql://ads:s3cret@{at}/onlooker?sslmode=hunter2",
    "postgresql://ads:s3cret/hunter2@{at}/onlooker",
    "postgresql://ads:s3cret#hunter2@{at}/onlooker",
    "postgresql://ads:[s3cret]@[hunter2/onlooker",
    "mysql://ads:s3cret@{at}/onlooker",
    "ads:s3cret@{at}/onlooker",
    "sqlite://ads:s3cret@/x.db",
)
REDIS = (
    "redis://:s3cret@{at}/0",
    "rediss://me%40mail.com:s3cret@{at}/0",
    "redis://{at}/0?password=s3cret",
    "unix:///none?password=s3cret",
)
REDIS_REFUSED = (
    "redis://:s3cret/hunter2@{at}/0",
    "redis://:s3cret#hunter2@{at}/0",
    "redis://{at}/s3cret",
    "redis://{at}/0?db=s3cret",
    "s3cret@{at}",
)
WEB_ACCEPTED = (
    "http://user:s3cret@{at}/T000/hunter2?sig=c0ffee",
    "https://{at}/services/s3cret/hunter2",
    "http://{at}/upload?X-Amz-Signature=c0ffee&X-Amz-Security-Token=t0ken",
)
WEB_REFUSED = (
    "https://user:s3cret/hunter2@{at}/x",
    "https://user:s3cret#hunter2@{at}/x",
    "https://{at}\\@hunter2/s3cret",
    "https://[s3cret/hunter2",
    "http://user:s3cret hunter2@{at}/x",
    "user:s3cret@{at}/x",
)
WEB = (*WEB_ACCEPTED, *WEB_REFUSED)
SHAPES = (
    *CAMERAS,
    *CAMERAS_REFUSED,
    *BROKERS,
    *BROKERS_REFUSED,
    *DATABASES,
    *REDIS,
    *REDIS_REFUSED,
    *WEB,
)
PIECES = tuple(chain(SECRETS, ("s3/cret", "cret-h")))
