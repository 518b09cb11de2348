/**
 * Settings by capability. Each setting is declared once, in its {@code …Config}, with its name and description. A
 * setting that Java reads also has its form and default there, and a setting that only route files read has them in the
 * route file. The declarations feed the defaults of placeholders, the check of values, the hints for mistyped names, and
 * the tables of {@code reference.md}.
 */
@NullMarked
package org.pgsteward.config;

import org.jspecify.annotations.NullMarked;
