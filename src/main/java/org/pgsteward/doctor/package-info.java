/**
 * Diagnosis from a symptom to its cause and remedy: refused services, missing privileges, and resources that run short.
 * The classes {@code *Rule} are pure; {@link org.pgsteward.doctor.LoginProbe} tries logins. This package only reads.
 */
@NullMarked
package org.pgsteward.doctor;

import org.jspecify.annotations.NullMarked;
