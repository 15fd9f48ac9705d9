namespace Gantry.Engine;

/// <summary>A call to MAAS that is made through <see cref="PendingCalls"/>.</summary>
/// <param name="Owner">For whom the call is made: a cluster, or nobody in particular.</param>
/// <param name="Subject">What has one call at a time: a machine, or the endpoint of a cluster.</param>
/// <param name="Key">Two calls with one key are the same call.</param>
/// <param name="What">The call as a clause for people: <c>deploy host-3</c>.</param>
internal sealed record MaasCall(string Owner, string Subject, string Key, string What)
{
    /// <summary>
    /// The call changes nothing. Its answer tells what was, so it counts for a few seconds only, and for nothing once another call for
    /// the subject has been made.
    /// </summary>
    public bool IsRead { get; init; }

    /// <summary>The call stores its answer itself, for all who ask: nobody has to take it.</summary>
    public bool IsShared { get; init; }

    /// <summary>How long a caller waits; <c>null</c> as long as for any call.</summary>
    public TimeSpan? Patience { get; init; }
}
