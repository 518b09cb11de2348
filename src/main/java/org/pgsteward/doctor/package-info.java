/**
 * From a symptom to its cause and what to type: why a service is refused, what it lacks, and what runs short. {@code
 * *Rule} is pure; {@link org.pgsteward.doctor.LoginProbe} tries. Nothing here changes anything.
 */
@NullMarked
package org.pgsteward.doctor;

import org.jspecify.annotations.NullMarked;
