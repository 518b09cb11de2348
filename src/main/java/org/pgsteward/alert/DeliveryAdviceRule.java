package org.pgsteward.alert;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Next step for a notification that a receiver did not accept, derived from the reason. Pure. */
public final class DeliveryAdviceRule {
    private static final String LOG = "the log of pgsteward and of the receiver";

    private DeliveryAdviceRule() {}

    /** Names of settings with an address, and names of settings with a login. */
    private static final Pattern ADDRESS = Pattern.compile(".*_(HOST|PORT|URL|TOPIC|BROKER|DIR)(_FILE)?");

    private static final Pattern LOGIN = Pattern.compile(".*_(USER|PASSWORD|TOKEN|URL|TOPIC|SECRET)(_FILE)?");
    private static final Pattern ANY = Pattern.compile(".*");

    /**
     * @param words parts of a reason in lower case; the first match counts
     * @param settings the settings that the step concerns
     */
    private record Case(List<String> words, Pattern settings, String step) {
        String step(List<String> set) {
            List<String> named = set.stream()
                    .filter(name -> settings.matcher(name).matches())
                    .toList();
            return String.format(Locale.ROOT, step, where(named.isEmpty() ? set : named));
        }
    }

    private static final List<Case> CASES = List.of(
            new Case(
                    List.of(
                            "unknownhost",
                            "name or service not known",
                            "no address associated",
                            "temporary failure in name"),
                    ADDRESS,
                    "the host name has no address; correct it in %s, or the DNS of this container"),
            new Case(
                    List.of("authenticationfailed", "http status 401", "http status 403"),
                    LOGIN,
                    "the receiver refuses the login; check user, password or token in %s"),
            new Case(
                    List.of("http status 404", "http status 410", "http status 405"),
                    ADDRESS,
                    "the server does not know this address; check address and token in %s"),
            new Case(
                    List.of("http status 3"),
                    ADDRESS,
                    "the receiver has moved; write the new address, often https instead of http, into %s"),
            new Case(List.of("http status 429"), ANY, "the receiver limits the number of messages; try again later"),
            new Case(List.of("http status 5"), ANY, "the receiver itself failed; read its log, and try again later"),
            new Case(
                    List.of("http status 4"),
                    ANY,
                    "the receiver refuses the message; its answer has the reason; check %s and your templates"),
            new Case(
                    List.of("starttls"),
                    ANY,
                    "the mail server offers no STARTTLS; set PGSTEWARD_MAIL_TLS=true for port 465, or another port"),
            new Case(
                    List.of("smtpaddress", "smtpsend", "sendfailed", "smtpsender"),
                    ANY,
                    "the mail server refuses the sender or a recipient; check %s"),
            new Case(
                    List.of("certification path", "certificate", "sslhandshake", "unsupported or unrecognized ssl"),
                    ADDRESS,
                    "TLS failed; check whether the port speaks TLS, and the certificate of the server, in %s"),
            new Case(
                    List.of("timed out", "timeout", "no answer within"),
                    ADDRESS,
                    "the server does not answer; check host and port in %s, and the firewall between"),
            new Case(
                    List.of("connectexception", "hostconnect", "connection refused", "couldn't connect", "unreachable"),
                    ADDRESS,
                    "nothing accepts the connection; check host and port in %s; localhost is this container itself"),
            new Case(
                    List.of(
                            "accessdenied",
                            "permission denied",
                            "read-only file",
                            "no space left",
                            "genericfileoperation"),
                    ADDRESS,
                    "the folder cannot be written; check its owner, its mount and its free space in %s"));

    /**
     * Returns the next step.
     *
     * @param reason the failure, as {@link Sender.NotTaken} has it
     * @param settings variables that are set for the receiver; may be empty
     */
    public static String step(String reason, List<String> settings) {
        String lower = reason.toLowerCase(Locale.ROOT);
        return CASES.stream()
                .filter(one -> one.words().stream().anyMatch(lower::contains))
                .findFirst()
                .map(one -> one.step(settings))
                .orElseGet(() -> "check " + where(settings) + ", and " + LOG);
    }

    private static String where(List<String> settings) {
        return settings.isEmpty() ? "the route of the receiver" : String.join(", ", settings);
    }
}
