namespace Gantry.Api;

/// <summary>The <c>metadata</c> of every object.</summary>
public sealed record ObjectMeta
{
    public string? Name { get; init; }

    public string? Uid { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    public DateTimeOffset? CreationTimestamp { get; init; }

    public DateTimeOffset? LastModifiedTimestamp { get; init; }

    public DateTimeOffset? DeletionTimestamp { get; init; }
}

public sealed record ObjectReference(string? Kind, string? Name, string? Uid);

public sealed record ObjectEntity(string Name, string Uid);

/// <summary>Names the object that was created.</summary>
public sealed record UidAnswer(string Uid);

/// <param name="Continue">Empty on the last page.</param>
/// <param name="Limit">As requested; 0 is everything.</param>
public sealed record ListMeta(string Continue, int Count, int Limit, int Offset);

/// <param name="Listmeta">Absent from lists without pages.</param>
public sealed record ItemList<T>(IReadOnlyList<T> Items, ListMeta? Listmeta = null);

/// <summary>The body of a request that changes metadata alone.</summary>
public sealed record MetadataInput(ObjectMeta? Metadata);

/// <summary>The body of every answer that is not a success.</summary>
/// <param name="Code">Stable, for programs.</param>
/// <param name="Message">For people: the field, its value, what to write instead.</param>
/// <param name="Ref">Identifies this answer in the log of the console.</param>
public sealed record ErrorBody(string Code, string Message, ErrorDetails Details, string Ref);

/// <summary>An object, as clients of Palette read it.</summary>
/// <param name="Fields">Every field that is wrong, not only the first; or facts about the refusal.</param>
public sealed record ErrorDetails(IReadOnlyList<FieldError> Fields);

/// <param name="Field">Path in the request, for example <c>spec.machinepoolconfig[0].poolConfig.size</c>.</param>
public sealed record FieldError(string Field, string Message);

/// <summary>Conditions on a text, all of which must hold.</summary>
/// <param name="IgnoreCase">True when left out.</param>
public sealed record TextFilter(string? Eq, string? Ne, string? Contains, string? BeginsWith, bool? IgnoreCase);
