"""moto_server, with less that only costs time, and with DynamoDB's writes one after another.

usage: aws_server.py, with the options of moto_server
"""

import gc
import logging
import sys
import threading

from moto import backends
from moto.dynamodb.responses import DynamoHandler
from moto.server import main
from werkzeug.serving import WSGIRequestHandler

# A line for each request takes a sixth of its time.
logging.getLogger("werkzeug").setLevel(logging.ERROR)
# Its own folder is listed anew for each request, to see whether a host's name is a service's.
names = frozenset(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: names
# Head and body of an answer leave in one packet.
WSGIRequestHandler.wbufsize = -1
# The models of the services, a million objects that stay, need not be searched for garbage.
gc.set_threshold(100_000, 50, 100)

# A condition and its write are one in DynamoDB; here two threads could find it true, and both write.
lock = threading.Lock()
call_action = DynamoHandler.call_action


def call_alone(handler):
    with lock:
        return call_action(handler)


DynamoHandler.call_action = call_alone
main(sys.argv[1:])
