/**
 * {@link Steward} is the main class: it starts a command. The packages are layers, from the top to the bottom. A package
 * imports only from layers below its own; {@code HouseTest} enforces that.
 *
 * <pre>
 * cli                          commands: parse, call a use case, print
 * app                          builds the objects, one factory for each capability; the daemon's life
 * web, camel                   HTTP server and status page; all use of org.apache.camel
 * config                       settings, by capability
 * doctor, overview             symptom, cause and remedy; the state of everything
 * backup, provision, monitor   backups; roles and databases for containers; probes and rules
 * containers                   state and memory of containers
 * alert                        alerts, notifications and their delivery
 * journal                      rows of the tables, kept in a spool until PostgreSQL has them
 * engine, postgres             Docker Engine; PostgreSQL
 * io                           files, locks, threads, JSON
 * model                        records and enums
 * </pre>
 */
@NullMarked
package org.pgsteward;

import org.jspecify.annotations.NullMarked;
