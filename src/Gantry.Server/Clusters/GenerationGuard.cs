using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>
/// Refuses a change that was made for another generation of a cluster than the present one, and names the changes that came
/// between. A change without a generation is made on top of whatever the cluster is, as clients of the public API expect.
/// </summary>
internal static class GenerationGuard
{
    private const int Most = 3;

    /// <param name="read">The generation that the client read; null when it did not say.</param>
    /// <exception cref="ApiException">Status 409. Its details hold the present generation and, for each of the newest
    /// changes since, <c>generation.N</c> with its actor, its time and its request.</exception>
    public static async Task RefuseOutdatedAsync(
        this ConsoleDb db,
        ClusterRow row,
        long? read,
        CancellationToken cancellationToken
    )
    {
        if (read is not { } seen || seen == row.Generation)
        {
            return;
        }

        var audits = await db
            .Audits.AsNoTracking()
            .Where(audit => audit.ResourceUid == row.Uid && audit.Generation > seen)
            .OrderByDescending(audit => audit.Number)
            .Take(Most)
            .ToListAsync(cancellationToken);
        FieldError[] since =
        [
            .. audits.Select(audit => new FieldError(
                $"generation.{audit.Generation}",
                $"{ApiError.Shown(audit.ActorName)} at {audit.At:u}: {audit.Request ?? audit.Action}"
            )),
        ];
        throw new ApiException(
            StatusCodes.Status409Conflict,
            "GenerationOutdated",
            $"The change was made for generation {seen} of cluster '{row.Name}', which has generation {row.Generation} by now"
                + (since is [] ? "" : $" ({string.Join("; ", since.Select(change => change.Message))})")
                + "; read it again and repeat.",
            [new FieldError("generation", $"{row.Generation}"), .. since]
        );
    }
}
