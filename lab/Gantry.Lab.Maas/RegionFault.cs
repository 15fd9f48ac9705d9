using System.Text.Json.Nodes;

namespace Gantry.Lab.Maas;

/// <summary>Ends a request with a response. What the request changed before stays changed.</summary>
public sealed class RegionFault(RegionAnswer answer) : Exception($"the region answers {answer.Status}")
{
    public RegionAnswer Answer { get; } = answer;

    /// <summary>The messages of a form by field; null for other faults.</summary>
    public IReadOnlyList<(string Field, string[] Messages)>? Messages { get; private init; }

    public static RegionFault Text(int status, string text) => new(RegionAnswer.Refused(status, text));

    /// <summary>A 400 of form validation, with messages by field.</summary>
    public static RegionFault Field(string field, params string[] messages) => Fields((field, messages));

    public static RegionFault Fields(params IReadOnlyList<(string Field, string[] Messages)> fields) =>
        new(RegionAnswer.Invalid(AsJson(fields), byModel: false)) { Messages = fields };

    /// <summary>A 400 of what is to be stored, with messages by field.</summary>
    public static RegionFault Model(string field, params string[] messages) =>
        new(RegionAnswer.Invalid(AsJson([(field, messages)]), byModel: true));

    public static RegionFault Missing(string kind) => new(RegionAnswer.Plain(404, $"No {kind} matches the given query."));

    /// <summary>The 403 of a missing permission on one object, which has an empty body in MAAS.</summary>
    public static RegionFault Forbidden() => Text(403, "");

    public static RegionFault AdminsOnly() => Text(403, "This method is reserved for admin users.");

    private static JsonObject AsJson(IReadOnlyList<(string Field, string[] Messages)> fields) =>
        new(
            fields.Select(field =>
                KeyValuePair.Create(
                    field.Field,
                    (JsonNode?)new JsonArray([.. field.Messages.Select(message => (JsonNode?)message)])
                )
            )
        );
}
