/* The guard at the broker's door: whoever connects is whom the certificate names, and must ask for
 * that very name as the client id, as AWS IoT's policies want it. Mosquitto's own way
 * (use_username_as_clientid) replaces another id in silence, so that nobody hears of an attempt.
 *
 * Nothing but the certificate counts: user names and passwords of the packet are not looked at.
 * Whatever is not understood is refused. No state, no allocation; built by provisioning/local/guard.sh
 * for Mosquitto 2.0's plugin interface 5, and loaded once for each listener with certificates.
 */

#include <stdbool.h>
#include <string.h>

#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <openssl/x509.h>

enum {
	INTERFACE = 5,
	LONGEST_NAME = 64, /* X.520's bound for a common name */
	LONGEST_SHOWN = 96, /* of an id that a stranger chose */
};

static bool belongs_in_a_name(unsigned char one)
{
	return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9')
		|| one == '-' || one == '_' || one == '.' || one == ':';
}

/* The one common name, of letters, digits and -_.: only; false when there is none or a second. */
static bool read_name(const X509 *certificate, char name[LONGEST_NAME + 1])
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (place < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, place) >= 0) {
		return false;
	}
	const ASN1_STRING *word = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place));
	int length = word == NULL ? 0 : ASN1_STRING_length(word);
	if (length < 1 || length > LONGEST_NAME) {
		return false;
	}
	const unsigned char *letters = ASN1_STRING_get0_data(word);
	for (int i = 0; i < length; i++) {
		if (!belongs_in_a_name(letters[i])) {
			return false;
		}
		name[i] = (char)letters[i];
	}
	name[length] = '\0';
	return true;
}

static void make_fit_to_show(const char *id, char shown[LONGEST_SHOWN + 1])
{
	size_t length = 0;
	for (; id != NULL && id[length] != '\0' && length < LONGEST_SHOWN; length++) {
		unsigned char one = (unsigned char)id[length];
		shown[length] = one >= ' ' && one <= '~' ? (char)one : '?';
	}
	shown[length] = '\0';
}

static int admit(struct mosquitto *client, const X509 *certificate)
{
	const char *address = mosquitto_client_address(client);
	const char *id = mosquitto_client_id(client);
	char name[LONGEST_NAME + 1], shown[LONGEST_SHOWN + 1];

	if (address == NULL) {
		address = "nowhere";
	}
	if (!read_name(certificate, name)) {
		mosquitto_log_printf(MOSQ_LOG_NOTICE,
			"Guard: connection from %s refused, its certificate has no usable name", address);
		return MOSQ_ERR_AUTH;
	}
	if (id == NULL || strcmp(id, name) != 0) {
		make_fit_to_show(id, shown);
		mosquitto_log_printf(MOSQ_LOG_NOTICE,
			"Guard: %s refused from %s, asked for client id '%s'", name, address, shown);
		return MOSQ_ERR_AUTH;
	}
	return mosquitto_set_username(client, name) == MOSQ_ERR_SUCCESS ? MOSQ_ERR_SUCCESS
									: MOSQ_ERR_AUTH;
}

/* TLS lets nobody in without a certificate. Without one is only a kept session that is not connected
 * while the rules are read again: no attempt, so nothing is said. */
static int on_connect(int event, void *data, void *unused)
{
	struct mosquitto *client = ((struct mosquitto_evt_basic_auth *)data)->client;
	X509 *certificate = mosquitto_client_certificate(client);
	(void)event;
	(void)unused;

	if (certificate == NULL) {
		return MOSQ_ERR_AUTH;
	}
	int verdict = admit(client, certificate);
	X509_free(certificate);
	return verdict;
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
	(void)options;
	(void)count;
	*kept = id;
	return mosquitto_callback_register(id, MOSQ_EVT_BASIC_AUTH, on_connect, NULL, NULL);
}

int mosquitto_plugin_cleanup(void *kept, struct mosquitto_opt *options, int count)
{
	(void)options;
	(void)count;
	return mosquitto_callback_unregister(kept, MOSQ_EVT_BASIC_AUTH, on_connect, NULL);
}
