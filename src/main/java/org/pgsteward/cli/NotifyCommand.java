package org.pgsteward.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.DeliveryAdviceRule;
import org.pgsteward.alert.OneLine;
import org.pgsteward.alert.TestNotification;
import org.pgsteward.app.AccessMode;
import org.pgsteward.app.Wiring;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.camel.receivers.ReceiverTrial;
import org.pgsteward.camel.receivers.Receivers;
import org.pgsteward.config.ReceiverSettings;
import org.pgsteward.config.Settings;
import org.pgsteward.model.Refusal;
import org.pgsteward.model.Suggestions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Command {@code notify}: sends a test notification to the receivers. */
@Command(
        name = "notify",
        description = {
            "Send a test notification to each receiver, or to one, and show whether it was accepted.",
            "It takes the route, the template and the settings of an alert, but is no alert: nothing records it.",
            "It needs neither PostgreSQL nor the daemon. Exit code 0 only if each receiver accepted it, 1 if one",
            "did not, 2 if no receiver is set."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward notify --test          each receiver",
            "  pgsteward notify --test email    one receiver"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class NotifyCommand implements Callable<Integer> {
    /** Limit for each receiver. A shipped route waits 15 s for a connection, and 15 s for each answer. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final String HOW_TO = "see src/docs/how-to/send-alerts.md";

    @Spec
    private CommandSpec spec;

    @Option(names = "--test", description = "Send a test notification.")
    private boolean test;

    @Parameters(arity = "0..1", paramLabel = "RECEIVER", description = "Only this receiver, such as email or slack.")
    private @Nullable String receiver;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        if (!test) {
            throw new Refusal("notify sends only tests; type: pgsteward notify --test");
        }
        Settings settings = Settings.from(System.getenv());
        Wiring wiring = Wiring.to(AccessMode.LIST, settings);
        List<ReceiverTrial.Result> results;
        try (Pipeline pipeline = wiring.receiverPipeline()) {
            pipeline.start();
            List<String> names = new Receivers(pipeline.context()).names();
            results = wiring.receiverTrial(pipeline)
                    .send(TestNotification.at(wiring.clock.instant()), chosen(names, wiring, settings), LIMIT);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(wiring.json.writeValueAsString(Map.of(
                    "receivers",
                    results.stream().map(result -> document(result, settings)).toList())));
        } else {
            results.forEach(result -> print(result, settings, out));
        }
        return results.stream().allMatch(ReceiverTrial.Result::accepted) ? 0 : 1;
    }

    /** Returns the receivers to try. */
    private List<String> chosen(List<String> names, Wiring wiring, Settings settings) {
        if (receiver == null ? !names.isEmpty() : names.contains(receiver)) {
            return receiver == null ? names : List.of(receiver);
        }
        SortedMap<String, String> switches = ReceiverSettings.switches(settings);
        TreeSet<String> known = new TreeSet<>(switches.keySet());
        known.addAll(names);
        known.addAll(wiring.receiversInFiles());
        String all = "known: " + OneLine.of(String.join(", ", known), 400);
        if (receiver == null) {
            throw new Refusal("no receiver is set, so no alert can be sent; set one, such as PGSTEWARD_MAIL_TO or "
                    + switches.get("ntfy") + " in .env, and start pgsteward again (" + HOW_TO + "); " + all);
        }
        String set = "set: " + (names.isEmpty() ? "none" : OneLine.of(String.join(", ", names), 400));
        if (known.contains(receiver)) {
            String variable = switches.get(receiver);
            throw new Refusal("receiver '" + receiver + "' is not set; "
                    + (variable == null ? "check the precondition of its route" : "set " + variable)
                    + ", and start pgsteward again (" + HOW_TO + "); " + set);
        }
        String hint = Suggestions.hint(receiver, known);
        throw new Refusal("there is no receiver '" + OneLine.of(receiver, 60) + "'; "
                + (hint.isEmpty() ? "" : hint + " ") + set + "; " + all);
    }

    private static void print(ReceiverTrial.Result result, Settings settings, PrintWriter out) {
        Colours colours = Colours.ofStandardOutput();
        if (result.failure().isEmpty()) {
            out.println(
                    result.receiver() + ": " + colours.fine("accepted") + " after " + seconds(result.took()) + " s");
            return;
        }
        String failure = OneLine.of(result.failure().get(), 400);
        out.println(result.receiver() + ": " + colours.critical("not accepted") + " after " + seconds(result.took())
                + " s: " + failure);
        out.println("    " + step(result, settings));
    }

    private static Map<String, Object> document(ReceiverTrial.Result result, Settings settings) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("receiver", result.receiver());
        document.put("accepted", result.accepted());
        document.put("seconds", result.took().toMillis() / 1000.0);
        document.put("error", result.failure().orElse(""));
        document.put("next", result.accepted() ? "" : step(result, settings));
        return document;
    }

    private static String step(ReceiverTrial.Result result, Settings settings) {
        return DeliveryAdviceRule.step(
                result.failure().orElse(""), ReceiverSettings.variables(settings, result.receiver()));
    }

    private static String seconds(Duration took) {
        return String.format(Locale.ROOT, "%.1f", took.toMillis() / 1000.0);
    }
}
