package org.pgsteward.model;

/**
 * One cause of trouble.
 *
 * @param symptom what people see of it
 * @param severity information is no trouble, and only worth knowing
 * @param service whose; a database's name, or {@code postgresql}, where it is no service's
 * @param cause why, in words
 * @param remedy what to type or to write, line by line
 */
public record Diagnosis(Symptom symptom, Severity severity, String service, String cause, String remedy) {
    /** What people see. */
    public enum Symptom {
        CONNECTION_REFUSED("connection refused"),
        PERMISSION_DENIED("permission denied"),
        /** Everybody may what only one should. */
        TOO_OPEN("open to everybody"),
        RESOURCE_TROUBLE("resource trouble"),
        /** What would be trouble, and is not looked for. */
        NOT_SEEN("not seen"),
        /** What was seen by somebody who looks all the time. */
        FIRING("alert");

        private final String words;

        Symptom(String words) {
            this.words = words;
        }

        /** As people say it. */
        public String words() {
            return words;
        }
    }

    /** The same with more behind the cause. */
    public Diagnosis because(String more) {
        return new Diagnosis(symptom, severity, service, cause + more, remedy);
    }

    /** The same with commands that can be pasted. */
    public Diagnosis typed(Typing typing) {
        return new Diagnosis(symptom, severity, service, typing.of(cause), typing.of(remedy));
    }

    /** Whether somebody has to do something. */
    public boolean isTrouble() {
        return severity != Severity.INFO;
    }
}
