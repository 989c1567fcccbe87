/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.store;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a URL gave. */
@Entity
@Table(name = "source")
class SourceEntry {
    @Id
    @Column(name = "url_sha256")
    String key;

    String sha256;

    @Nullable
    String etag;

    @Column(name = "last_modified")
    @Nullable
    String lastModified;

    @Column(name = "fetched_at")
    Instant fetchedAt;
}
