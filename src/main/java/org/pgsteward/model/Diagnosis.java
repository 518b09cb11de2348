package org.pgsteward.model;

/**
 * One finding of {@code doctor}: a symptom and its cause.
 *
 * @param symptom the symptom that users of the service see
 * @param severity {@link Severity#INFO} marks a finding that needs no action
 * @param service the service; the name of a database that belongs to no service, or {@code postgresql} for the server
 * @param cause the cause, in a sentence
 * @param remedy commands or settings that remove the cause, line by line
 */
public record Diagnosis(Symptom symptom, Severity severity, String service, String cause, String remedy) {
    /** The symptoms that users of a service see. */
    public enum Symptom {
        CONNECTION_REFUSED("connection refused"),
        PERMISSION_DENIED("permission denied"),
        /** PUBLIC has a privilege that only one role should have. */
        TOO_OPEN("open to PUBLIC"),
        RESOURCE_TROUBLE("resource trouble"),
        /** A problem of this kind would go unnoticed, since PostgreSQL does not log it. */
        NOT_SEEN("not logged"),
        /** Copies of backups leave this host, readable for others. */
        NOT_ENCRYPTED("not encrypted"),
        /** The daemon's alert is firing. */
        FIRING("alert");

        private final String words;

        Symptom(String words) {
            this.words = words;
        }

        /** Returns the symptom in words, for texts. */
        public String words() {
            return words;
        }
    }

    /** Returns this finding with {@code more} appended to its cause. */
    public Diagnosis because(String more) {
        return new Diagnosis(symptom, severity, service, cause + more, remedy);
    }

    /** Returns this finding with the commands in its texts in the form that runs on this host. */
    public Diagnosis typed(CommandPrefix typing) {
        return new Diagnosis(symptom, severity, service, typing.of(cause), typing.of(remedy));
    }

    /** Returns whether the finding needs an operator's action. */
    public boolean isTrouble() {
        return severity != Severity.INFO;
    }
}
