package org.pgsteward.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.pgsteward.camel.receivers.HookServer;

/**
 * The alerts that a story's receivers got: the mailbox inside pgsteward's container, and the webhook server of this
 * process.
 *
 * @param hook empty if containers cannot reach this process
 */
record Alerts(Deployment host, Optional<HookServer> hook) {

    /** Returns all notices in the mailbox, oldest first. */
    List<JsonNode> notices() {
        return host.notices();
    }

    /** Returns the notices of that kind in the mailbox, oldest first. */
    List<JsonNode> notices(String kind) {
        return notices().stream()
                .filter(notice -> notice.path("kind").asText().equals(kind))
                .toList();
    }

    List<String> states(String kind) {
        return notices(kind).stream()
                .map(notice -> notice.path("state").asText())
                .toList();
    }

    List<JsonNode> received(String kind, String service) {
        return notices(kind).stream()
                .filter(notice -> notice.path("service").asText().equals(service))
                .toList();
    }

    List<JsonNode> posted() {
        return hook.orElseThrow().taken.stream().map(host::parse).toList();
    }

    /**
     * Returns the notices of that kind from the webhook if there is one. The webhook receives notices even if the disk
     * of the mailbox is full.
     */
    List<JsonNode> heard(String kind) {
        return (hook.isEmpty() ? notices() : posted())
                .stream()
                        .filter(notice -> notice.path("kind").asText().equals(kind))
                        .toList();
    }

    /**
     * Returns the notices of each subject in their order. Only the order within a subject is fixed, because a refused
     * notice delays no other subject.
     */
    static Map<String, List<String>> bySubject(List<JsonNode> notices) {
        Map<String, List<String>> subjects = new TreeMap<>();
        for (JsonNode notice : notices) {
            List<String> ids = subjects.computeIfAbsent(
                    notice.path("kind").asText() + " " + notice.path("service").asText(), first -> new ArrayList<>());
            // pgsteward sends a notice twice after a kill or without an answer in time.
            if (!ids.contains(notice.path("id").asText())) {
                ids.add(notice.path("id").asText());
            }
        }
        return subjects;
    }

    /** Returns the notices whose id occurred before, in their order. */
    static List<JsonNode> twice(List<JsonNode> notices) {
        Set<String> seen = new HashSet<>();
        return notices.stream()
                .filter(notice -> !seen.add(notice.path("id").asText()))
                .toList();
    }

    static List<String> ids(List<JsonNode> notices) {
        return notices.stream().map(notice -> notice.path("id").asText()).toList();
    }
}
