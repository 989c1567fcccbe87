/**
 * A stand-in dashboard: a small real server that keeps Metabase's contract towards whoever upgrades
 * it, with faults that can be switched on.
 *
 * <p>It is built as {@code standin/target/standin.jar}, which runs on Java 17 or newer. {@link
 * dev.uplift.standin.StandInReleases} stamps that JAR into {@code <dir>/v0.50.3/metabase.jar}; the
 * {@code version.properties} inside decides which migrations a release applies. Started as {@code
 * java -jar metabase.jar [migrate up|force|down|down-force|print|release-locks | version]}.
 *
 * <table>
 * <caption>Environment (a system property {@code -Dmb.db.type=...} wins over {@code MB_DB_TYPE}, and {@code MB_DB_TYPE=...} in the
 * file {@code standin.properties} of the working directory over both)</caption>
 * <tr><td>{@code MB_DB_TYPE}</td><td>{@code h2} (default) or {@code postgres}</td></tr>
 * <tr><td>{@code MB_DB_FILE}</td><td>H2 file without extension, default {@code metabase.db}; no user, no password</td></tr>
 * <tr><td>{@code MB_DB_CONNECTION_URI}</td><td>wins over {@code MB_DB_HOST}, {@code MB_DB_PORT} (5432),
 * {@code MB_DB_DBNAME}; may be combined with {@code MB_DB_USER}, {@code MB_DB_PASS}</td></tr>
 * <tr><td>{@code MB_DB_AUTOMIGRATE}</td><td>{@code false}: print the SQL of pending migrations and exit 1</td></tr>
 * <tr><td>{@code MB_JETTY_HOST}, {@code MB_JETTY_PORT}</td><td>default {@code localhost}, 3000</td></tr>
 * <tr><td>{@code MB_PLUGINS_DIR}</td><td>default {@code plugins}; a bundled file is extracted into it at each start</td></tr>
 * <tr><td>{@code MB_ENCRYPTION_SECRET_KEY}</td><td>encrypts a setting; missing or wrong, the start fails after the migrations</td></tr>
 * <tr><td>{@code STANDIN_LEDGER}</td><td>append-only, fsynced file of starts, stops, fired faults and violations; absent: none</td></tr>
 * <tr><td>{@code STANDIN_FAULTS}, {@code STANDIN_FAULTS_FILE}</td><td>see {@link
 * dev.uplift.standin.dashboard.Faults}; the file defaults to {@code standin.faults} in the working
 * directory</td></tr>
 * <tr><td>{@code STANDIN_LOCK_WAIT}</td><td>pause between two of five looks at a held migration lock, default {@code 2s}</td></tr>
 * <tr><td>{@code STANDIN_SHUTDOWN_WAIT}</td><td>how long a stop waits for a running migration, default {@code 20s}</td></tr>
 * </table>
 *
 * <p>HTTP: {@code GET /api/health}, {@code /livez}, {@code /readyz}, {@code /api/session/properties};
 * {@code POST /api/setup {"email":"a@b"}}; {@code POST /api/rows {"writer":"w","number":1}} answers 201
 * after the row is committed and flushed (200 if it was there already), with {@code "count":N} for N rows
 * from that number on in one transaction; {@code GET /api/rows?writer=w}
 * answers {@code {"writer","count","max","missing_count","missing":[first 1000]}}.
 */
@NullMarked
package dev.uplift.standin.dashboard;

import org.jspecify.annotations.NullMarked;
