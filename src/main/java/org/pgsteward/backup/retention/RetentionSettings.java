package org.pgsteward.backup.retention;

import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.pgsteward.journal.BackupRows;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The retention policy of each service. The route file has precedence, then the label {@code pgsteward.backup.keep} of
 * its container, then the usual policy. Without a container, the label of its last container applies, since backups
 * outlive containers.
 */
public final class RetentionSettings {
    private static final String LABEL = "pgsteward.backup.keep";

    private static final Logger LOG = LoggerFactory.getLogger(RetentionSettings.class);

    private final BackupRows rows;
    private final Predicate<String> hasContainer;
    private final Function<String, Optional<String>> label;
    private final Map<String, String> said = new ConcurrentHashMap<>();

    /**
     * @param hasContainer whether a service has a container now
     * @param label returns the value of {@value #LABEL} of the service's container
     */
    public RetentionSettings(
            BackupRows rows, Predicate<String> hasContainer, Function<String, Optional<String>> label) {
        this.rows = rows;
        this.hasContainer = hasContainer;
        this.label = label;
    }

    /**
     * Returns the policy of a service. Returns empty if its label cannot be parsed: then all its backups are kept until
     * an operator corrects the label.
     */
    public Optional<RetentionPolicy> of(String service, ServicePolicies policies) throws SQLException {
        Optional<String> text = label(service);
        Optional<RetentionPolicy> own = policies.own(service);
        if (own.isPresent()) {
            return own;
        }
        if (text.isEmpty()) {
            said.remove(service);
            return Optional.of(policies.usual());
        }
        try {
            RetentionPolicy policy = RetentionPolicy.parse("label " + LABEL + " of " + service, text.get());
            said.remove(service);
            return Optional.of(policy);
        } catch (IllegalArgumentException e) {
            if (!text.get().equals(said.put(service, text.get()))) {
                LOG.warn("{}; until then pgsteward keeps all backups of {}", e.getMessage(), service);
            }
            return Optional.empty();
        }
    }

    private Optional<String> label(String service) throws SQLException {
        if (!hasContainer.test(service)) {
            return Optional.ofNullable(rows.keeps().get(service));
        }
        Optional<String> now = label.apply(service);
        rows.rememberKeep(service, now);
        return now;
    }
}
