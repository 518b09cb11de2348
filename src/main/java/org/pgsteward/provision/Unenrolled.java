package org.pgsteward.provision;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Container;
import org.pgsteward.provision.DatabaseUrl.Parts;

/**
 * The reason why a container that names the managed PostgreSQL in its variables gets no database, and the remedy. Pure.
 * Shows no value of a variable except an application's type of database.
 *
 * <ol>
 *   <li>An application of the catalogue that is not set to use PostgreSQL, or that lacks a part of its login.
 *   <li>Variables in a form that the catalogue does not know, with a password among them: an application.
 *   <li>Any other mention: a tool, such as a proxy, an exporter or a backup, that needs no database of its own.
 * </ol>
 *
 * @param service the name that the service has with pgsteward, or would have
 * @param application whether it is an application that needs a database, as far as its variables show
 * @param reason one line
 * @param remedy lines for its compose file
 */
record Unenrolled(String service, boolean application, String reason, String remedy) {
    private static final Pattern TOOL =
            Pattern.compile("adminer|pgadmin|pgweb|dbeaver|cloudbeaver|exporter|pgbouncer|pgcat"
                    + "|odyssey|pgpool|haproxy|traefik|nginx|caddy|backup|barman|wal-g|pgbackrest|restic|borg|kopia|prometheus"
                    + "|telegraf|alloy|uptime-kuma|/postgres$");

    /** A host by itself, in an address of any scheme, or in a list of keywords. */
    private static final Pattern HOST = Pattern.compile("^(?<only>[A-Za-z0-9_.-]+)(?::\\d+)?(?:[/,].*)?$"
            + "|://(?:[^/\\s]*@)?(?<address>[A-Za-z0-9_.-]+)"
            + "|(?i:\\b(?:host|server|hostaddr|data source)\\s*=\\s*'?(?<keyword>[A-Za-z0-9_.-]+))");

    private static final Pattern PASSWORD = Pattern.compile("(?i)pass|pwd");
    private static final Pattern LOGIN = Pattern.compile("(?i)://[^/\\s]*:[^/\\s]*@|\\b(?:password|pwd)\\s*=");

    /** Characters. A longer value is a document, and not a setting. */
    private static final int LONGEST_VALUE = 2_000;

    private static final int MOST_VARIABLES = 1_000;
    private static final int NAMED = 3;

    /** @param ours whether a host is the managed PostgreSQL to the container, on a common network or not */
    static Optional<Unenrolled> of(Container container, Catalogue catalogue, Predicate<String> ours) {
        Variables variables = Variables.inTheClear(container);
        String service = new Labels(container).service();
        return catalogue.applications(container).stream()
                .filter(entry -> !isTool(container))
                .filter(entry -> !entry.generic()
                        || entry.isAnyAddress()
                        || entry.isImage(Catalogue.repository(container.image())))
                .flatMap(entry -> halfConfigured(entry, container, service, variables, ours).stream())
                .findFirst()
                .or(() -> mention(container, service, catalogue, ours));
    }

    private static Optional<Unenrolled> halfConfigured(
            Application entry, Container container, String service, Variables variables, Predicate<String> ours) {
        Optional<Parts> place = entry.place(variables, ours);
        if (place.isEmpty()) {
            return Optional.empty();
        }
        String names = "container '" + Names.printable(container.name()) + "' names PostgreSQL in "
                + entry.variable(variables);
        Optional<Map.Entry<String, Application.Values>> type = entry.unmet(variables);
        if (type.isPresent()) {
            String variable = type.get().getKey();
            String value = variables.get(variable).map(Names::printable).orElse("");
            return Optional.of(new Unenrolled(
                    service,
                    true,
                    names + ", but " + variable + (value.isEmpty() ? " is not set" : " is '" + value + "'") + ", so "
                            + entry.application() + " does not use PostgreSQL and is not enrolled",
                    compose(container, variable + ": " + type.get().getValue().usual()) + applied(container)));
        }
        String missing = entry.missing(place.get(), variables);
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of(new Unenrolled(
                        service,
                        true,
                        names + " and is not enrolled, because " + missing + " is not set",
                        compose(
                                        container,
                                        missing + ": …"
                                                + (entry.generic()
                                                        ? ""
                                                        : "   # for the login of " + entry.application()))
                                + applied(container)));
    }

    private static Optional<Unenrolled> mention(
            Container container, String service, Catalogue catalogue, Predicate<String> ours) {
        Map<String, String> mentions = container.environment().entrySet().stream()
                .limit(MOST_VARIABLES)
                .filter(variable -> !variable.getKey().startsWith("PGSTEWARD_"))
                .filter(variable -> names(variable.getValue(), ours))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        if (mentions.isEmpty()) {
            return Optional.empty();
        }
        String variables = mentions.keySet().stream()
                .sorted()
                .limit(NAMED)
                .map(Names::printable)
                .collect(Collectors.joining(", "));
        Optional<String> caution =
                catalogue.caution(container).or(() -> catalogue.cautionByVariable(mentions.keySet()));
        boolean application = caution.isPresent()
                || (!isTool(container)
                        && mentions.entrySet().stream().anyMatch(variable -> hasPassword(variable, container)));
        String names = "container '" + Names.printable(container.name()) + "' names PostgreSQL in " + variables;
        String silence = compose(container, "labels: {pgsteward.enable: \"false\"}");
        if (caution.isPresent()) {
            return Optional.of(new Unenrolled(service, true, names + ": " + caution.get(), silence));
        }
        String label = Names.isLegal(service) ? service : "NAME";
        String enrol = compose(
                container,
                "labels: {pgsteward.service: " + label + ", pgsteward.password-file: " + label
                        + "_password}   # with its password in secrets/services/" + label + "_password");
        return Optional.of(
                application
                        ? new Unenrolled(
                                service,
                                true,
                                names
                                        + ", and pgsteward does not know variables of this form: it gets no database and no backup",
                                enrol + "\n# or, if it needs no database, instead of that line:\n"
                                        + "labels: {pgsteward.enable: \"false\"}\n"
                                        + "# or describe its variables in the file of PGSTEWARD_CATALOGUE_FILE")
                        : new Unenrolled(
                                service,
                                false,
                                names + " and gets no database, because it is a tool",
                                silence + "\n# prevents this notification; or, if it needs a database:\n" + enrol));
    }

    private static boolean names(String value, Predicate<String> ours) {
        if (value.length() > LONGEST_VALUE) {
            return false;
        }
        Matcher hosts = HOST.matcher(value.strip());
        while (hosts.find()) {
            if (Stream.of("only", "address", "keyword")
                    .map(hosts::group)
                    .anyMatch(host -> host != null && ours.test(host))) {
                return true;
            }
        }
        return false;
    }

    /** Returns whether the image is a tool that uses databases of other services and has none of its own. */
    public static boolean isTool(Container container) {
        return TOOL.matcher("/" + Catalogue.repository(container.image())).find();
    }

    /**
     * Returns whether a password is in the address itself, or in a variable with the same prefix. Variables of libpq
     * belong to client programs.
     */
    private static boolean hasPassword(Map.Entry<String, String> variable, Container container) {
        String name = variable.getKey();
        if (name.toUpperCase(Locale.ROOT).startsWith("PGHOST")) {
            return false;
        }
        int prefix = name.lastIndexOf('_') + 1;
        return LOGIN.matcher(variable.getValue()).find()
                || (prefix > 0
                        && container.environment().keySet().stream()
                                .anyMatch(other -> other.startsWith(name.substring(0, prefix))
                                        && PASSWORD.matcher(other.substring(prefix))
                                                .find()));
    }

    private static String applied(Container container) {
        return "\n# and in its folder:\ndocker compose up -d "
                + CommandPrefix.word(container.composeService().orElse(container.name()));
    }

    private static String compose(Container container, String lines) {
        return "# in the compose file of " + container.commandName() + ":\n" + lines;
    }
}
