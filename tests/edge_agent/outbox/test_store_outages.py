"""What outages cost: nothing. The device's totals are the cloud's, to the unit.

The cloud here is the real consumer over its real database; the devices are the real outbox and
courier. A report's figures follow from its number, so both sides can be told the truth.
"""

import os
import random
import select
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlalchemy import select as query

from cloud.database import connect, create, minute_tallies, reading, report_streams
from cloud.database import reports as kept
