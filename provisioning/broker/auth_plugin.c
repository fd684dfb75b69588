/* Mosquitto auth plugin: the client id must equal the common name of the certificate, as AWS IoT's
 * policies require. Mosquitto's own option (use_username_as_clientid) replaces another id and logs
 * nothing.
 *
 * Only the certificate is used: user names and passwords of the packet are ignored. Anything that
 * cannot be parsed is rejected.
 *
 * Each device has two token buckets: messages and connections. A device that empties the first is
 * disconnected before the message is forwarded. A device that empties the second is rejected and
 * takes over no session. Our services have no bucket. The buckets outlast connections, in a table of
 * fixed size; when a neighbourhood of the table is full, the device that was idle longest is evicted.
 * No allocation, one thread. Built by provisioning/local/auth_plugin.sh for Mosquitto 2.0's plugin
 * interface 5, and loaded once for each listener with certificates: all listeners share the table.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <openssl/x509.h>

enum {
	INTERFACE = 5,
	LONGEST_NAME = 64, /* X.520's bound for a common name */
	LONGEST_SHOWN = 96, /* of an id that an unknown client chose */
	TABLE_SIZE = 32768, /* a power of two, more than Limits.connections; 4 MB */
	NEIGHBOURHOOD = 32,
};

static const char SERVICE[] = "service:", RETAINED[] = "/status";

struct bucket {
	double left;
	double at_s;
};

struct device {
	char name[LONGEST_NAME + 1];
	double seen_s;
	const struct mosquitto *admitted; /* its connection: checked again at each reload */
	struct bucket messages, connections;
};

struct limit {
	double per_s, burst;
};

static struct device devices[TABLE_SIZE];
static struct limit messages = {100, 1000}, connections = {20.0 / 60, 30};

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint32_t hash(const char *name)
{
	uint32_t sum = 2166136261U; /* FNV-1a */
	for (; *name != '\0'; name++) {
		sum = (sum ^ (unsigned char)*name) * 16777619U;
	}
	return sum;
}

static struct device *device_named(const char *name, double at_s)
{
	struct device *oldest = NULL;
	uint32_t first = hash(name);
	for (uint32_t i = 0; i < NEIGHBOURHOOD; i++) {
		struct device *one = &devices[(first + i) % TABLE_SIZE];
		if (strcmp(one->name, name) == 0) {
			one->seen_s = at_s;
			return one;
		}
		if (oldest == NULL || one->seen_s < oldest->seen_s) {
			oldest = one;
		}
	}
	memset(oldest, 0, sizeof *oldest);
	strcpy(oldest->name, name); /* a certificate's name, of LONGEST_NAME at most */
	oldest->seen_s = at_s;
	oldest->messages = (struct bucket){messages.burst, at_s};
	oldest->connections = (struct bucket){connections.burst, at_s};
	return oldest;
}

/* Take one token; false when there is none. */
static bool take(struct bucket *bucket, struct limit limit, double at_s)
{
	double left = bucket->left + (at_s - bucket->at_s) * limit.per_s;
	bucket->left = left < limit.burst ? left : limit.burst;
	bucket->at_s = at_s;
	if (bucket->left < 1) {
		return false;
	}
	bucket->left -= 1;
	return true;
}

static bool is_service(const char *name)
{
	return strncmp(name, SERVICE, sizeof SERVICE - 1) == 0;
}

static bool is_name_character(unsigned char one)
{
	return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9')
		|| one == '-' || one == '_' || one == '.' || one == ':';
}

/* The one common name, of letters, digits and -_.: only; false when there is none or a second. */
static bool read_name(const X509 *certificate, char name[LONGEST_NAME + 1])
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (index < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, index) >= 0) {
		return false;
	}
	const ASN1_STRING *word = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index));
	int length = word == NULL ? 0 : ASN1_STRING_length(word);
	if (length < 1 || length > LONGEST_NAME) {
		return false;
	}
	const unsigned char *letters = ASN1_STRING_get0_data(word);
	for (int i = 0; i < length; i++) {
		if (!is_name_character(letters[i])) {
			return false;
		}
		name[i] = (char)letters[i];
	}
	name[length] = '\0';
	return true;
}

static void copy_printable(const char *id, char shown[LONGEST_SHOWN + 1])
{
	size_t length = 0;
	for (; id != NULL && id[length] != '\0' && length < LONGEST_SHOWN; length++) {
		unsigned char one = (unsigned char)id[length];
		shown[length] = one >= ' ' && one <= '~' ? (char)one : '?';
	}
	shown[length] = '\0';
}

/* At each reload Mosquitto checks every open connection again: that is no new connection. */
static bool may_connect(const char *name, const struct mosquitto *client)
{
	double at_s = now_s();
	struct device *device = device_named(name, at_s);
	if (device->admitted == client) {
		return true;
	}
	if (!take(&device->connections, connections, at_s)) {
		return false;
	}
	device->admitted = client;
	return true;
}

static int on_disconnect(int event, void *data, void *unused)
{
	const struct mosquitto *client = ((struct mosquitto_evt_disconnect *)data)->client;
	const char *name = mosquitto_client_username(client);
	(void)event;
	(void)unused;

	if (name != NULL && strlen(name) <= LONGEST_NAME && !is_service(name)) {
		struct device *device = device_named(name, now_s());
		if (device->admitted == client) {
			device->admitted = NULL;
		}
	}
	return MOSQ_ERR_SUCCESS;
}

static int admit(struct mosquitto *client, const X509 *certificate)
{
	const char *address = mosquitto_client_address(client);
	const char *id = mosquitto_client_id(client);
	char name[LONGEST_NAME + 1], shown[LONGEST_SHOWN + 1];

	if (address == NULL) {
		address = "unknown address";
	}
	if (!read_name(certificate, name)) {
		mosquitto_log_printf(MOSQ_LOG_NOTICE,
			"Auth plugin: connection from %s refused, its certificate has no usable name", address);
		return MOSQ_ERR_AUTH;
	}
	if (id == NULL || strcmp(id, name) != 0) {
		copy_printable(id, shown);
		mosquitto_log_printf(MOSQ_LOG_NOTICE,
			"Auth plugin: %s refused from %s, asked for client id '%s'", name, address, shown);
		return MOSQ_ERR_AUTH;
	}
	if (!is_service(name) && !may_connect(name, client)) {
		mosquitto_log_printf(MOSQ_LOG_NOTICE,
			"Auth plugin: %s refused from %s, more than %d connections and %d a minute after them",
			name, address, (int)connections.burst, (int)(connections.per_s * 60 + 0.5));
		return MOSQ_ERR_AUTH;
	}
	return mosquitto_set_username(client, name) == MOSQ_ERR_SUCCESS ? MOSQ_ERR_SUCCESS
									: MOSQ_ERR_AUTH;
}

/* TLS requires a certificate. Only a persistent session that is not connected during a reload has
 * none: that is no attempt, so nothing is logged. */
static int on_connect(int event, void *data, void *unused)
{
	struct mosquitto *client = ((struct mosquitto_evt_basic_auth *)data)->client;
	X509 *certificate = mosquitto_client_certificate(client);
	(void)event;
	(void)unused;

	if (certificate == NULL) {
		return MOSQ_ERR_AUTH;
	}
	int result = admit(client, certificate);
	X509_free(certificate);
	return result;
}

/* Mosquitto's rules do not cover the retain flag: `retained` in access_rules.py. */
static bool may_be_retained(const char *topic)
{
	size_t length = topic == NULL ? 0 : strlen(topic), end = sizeof RETAINED - 1;
	return length > end && strcmp(topic + length - end, RETAINED) == 0;
}

/* The access rules decide which topics are allowed; this limits the rate. An error other than
 * "denied" makes Mosquitto end the connection as if it had broken: the will is published. */
static int on_access(int event, void *data, void *unused)
{
	const struct mosquitto_evt_acl_check *asked = data;
	(void)event;
	(void)unused;

	if (asked->access != MOSQ_ACL_WRITE) {
		return MOSQ_ERR_PLUGIN_DEFER;
	}
	const char *name = mosquitto_client_username(asked->client);
	if (name == NULL || strlen(name) > LONGEST_NAME || is_service(name)) {
		return MOSQ_ERR_PLUGIN_DEFER;
	}
	double at_s = now_s();
	if (take(&device_named(name, at_s)->messages, messages, at_s)) {
		return asked->retain && !may_be_retained(asked->topic) ? MOSQ_ERR_ACL_DENIED
								       : MOSQ_ERR_PLUGIN_DEFER;
	}
	mosquitto_log_printf(MOSQ_LOG_NOTICE, "Auth plugin: %s disconnected, more than %d messages a second",
		name, (int)messages.per_s);
	return MOSQ_ERR_ADMINISTRATIVE_ACTION;
}

static void read_limits(const struct mosquitto_opt *options, int count)
{
	for (int i = 0; i < count; i++) {
		double value = strtod(options[i].value, NULL);
		if (value < 1) {
			continue;
		}
		if (strcmp(options[i].key, "messages_per_s") == 0) {
			messages.per_s = value;
		} else if (strcmp(options[i].key, "burst_messages") == 0) {
			messages.burst = value;
		} else if (strcmp(options[i].key, "connections_per_min") == 0) {
			connections.per_s = value / 60;
		} else if (strcmp(options[i].key, "burst_connections") == 0) {
			connections.burst = value;
		}
	}
}

int mosquitto_plugin_version(int count, const int *offered)
{
	for (int i = 0; i < count; i++) {
		if (offered[i] == INTERFACE) {
			return INTERFACE;
		}
	}
	return -1;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t *id, void **kept, struct mosquitto_opt *options,
	int count)
{
	*kept = id;
	read_limits(options, count);
	int outcome = mosquitto_callback_register(id, MOSQ_EVT_BASIC_AUTH, on_connect, NULL, NULL);
	if (outcome == MOSQ_ERR_SUCCESS) {
		outcome = mosquitto_callback_register(id, MOSQ_EVT_DISCONNECT, on_disconnect, NULL, NULL);
	}
	if (outcome == MOSQ_ERR_SUCCESS) {
		outcome = mosquitto_callback_register(id, MOSQ_EVT_ACL_CHECK, on_access, NULL, NULL);
	}
	return outcome;
}

int mosquitto_plugin_cleanup(void *kept, struct mosquitto_opt *options, int count)
{
	(void)options;
	(void)count;
	mosquitto_callback_unregister(kept, MOSQ_EVT_ACL_CHECK, on_access, NULL);
	mosquitto_callback_unregister(kept, MOSQ_EVT_DISCONNECT, on_disconnect, NULL);
	return mosquitto_callback_unregister(kept, MOSQ_EVT_BASIC_AUTH, on_connect, NULL);
}
