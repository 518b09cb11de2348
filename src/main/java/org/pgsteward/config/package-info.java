/**
 * Settings by capability. Each setting stands once, as a constant of its {@code …Config}: name, form, default and description.
 * The defaults of placeholders, the check of values, the hints for mistyped names and the tables of {@code reference.md} come
 * from there. What only route files read has its default and form in the route file.
 */
@NullMarked
package org.pgsteward.config;

import org.jspecify.annotations.NullMarked;
