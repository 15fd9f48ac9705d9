namespace Gantry.Lab.Store;

/// <summary>
/// The lab's store: values by kind and key. A <see cref="Put"/> that has returned survives <c>kill -9</c>, so a kill at any
/// moment loses no acknowledged change.
/// </summary>
public interface ILabStore
{
    void Put(string kind, string key, ReadOnlySpan<byte> value);

    void Delete(string kind, string key);

    /// <summary>Runs several writes atomically: a crash keeps all of them or none.</summary>
    void Together(Action writes);

    /// <summary>All values of a kind, ordered by key (ordinal).</summary>
    IReadOnlyList<KeyValuePair<string, byte[]>> All(string kind);
}
