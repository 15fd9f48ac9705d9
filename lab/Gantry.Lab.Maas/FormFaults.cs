namespace Gantry.Lab.Maas;

/// <summary>What is wrong with the fields of a form: MAAS says it of all at once.</summary>
internal sealed class FormFaults
{
    private readonly List<(string Field, string[] Messages)> _found = [];

    public void Add(string field, params string[] messages) => _found.Add((field, messages));

    /// <summary>The value of a field; its default when something is wrong, which is kept for later.</summary>
    public T? Of<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (RegionFault fault) when (fault.Messages is { } messages)
        {
            _found.AddRange(messages);
            return default;
        }
    }

    public void ThrowIfAny()
    {
        if (_found.Count > 0)
        {
            throw RegionFault.Fields(_found);
        }
    }
}
