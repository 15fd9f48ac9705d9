namespace Gantry.Lab.Store;

/// <summary>
/// What the lab writes down, so that a kill at any moment loses nothing it has answered: values by kind and key.
/// A <see cref="Put"/> that has returned survives <c>kill -9</c>.
/// </summary>
public interface ILabStore
{
    void Put(string kind, string key, ReadOnlySpan<byte> value);

    void Delete(string kind, string key);

    /// <summary>Runs several writes as one: after a crash all of them are there or none.</summary>
    void Together(Action writes);

    /// <summary>All values of a kind, ordered by key (ordinal).</summary>
    IReadOnlyList<KeyValuePair<string, byte[]>> All(string kind);
}
