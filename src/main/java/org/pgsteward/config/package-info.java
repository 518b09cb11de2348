/**
 * Settings by capability. Each setting is one constant of its {@code …Config}, with name, form, default and
 * description. These constants feed the defaults of placeholders, the check of values, the hints for mistyped names,
 * and the tables of {@code reference.md}. A setting that only route files read has its default and form in the route
 * file.
 */
@NullMarked
package org.pgsteward.config;

import org.jspecify.annotations.NullMarked;
