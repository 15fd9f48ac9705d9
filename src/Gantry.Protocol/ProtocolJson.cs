using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gantry.Clusters.Model;

namespace Gantry.Protocol;

/// <summary>The JSON of protocol records, which is that of the model.</summary>
public static class ProtocolJson
{
    public static JsonSerializerOptions Options => ModelJson.Options;

    /// <summary>
    /// How either side reads what the other sent. The other may be older, newer or hostile: a value that is left out, or null,
    /// where the record has to have one is a <see cref="JsonException"/>, and so is null in a list.
    /// </summary>
    public static JsonSerializerOptions Strict { get; } =
        new(ModelJson.Options)
        {
            RespectNullableAnnotations = true,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RefuseHoles } },
        };

    /// <summary>As <see cref="Strict"/>, for the console: texts from a data centre reach people, so they are cleaned.</summary>
    public static JsonSerializerOptions FromGateway { get; } = new(Strict) { Converters = { new PlainTextConverter() } };

    private static void RefuseHoles(JsonTypeInfo type)
    {
        if (type.Kind is not JsonTypeInfoKind.Object)
        {
            return;
        }

        // A property without a value is not written, so only one that is never null has to be there.
        foreach (var property in type.Properties)
        {
            property.IsRequired |= property.AssociatedParameter is { HasDefaultValue: false, IsNullable: false };
        }

        JsonPropertyInfo[] lists = [.. type.Properties.Where(property => property.Get is not null && IsListOfObjects(property))];
        if (lists.Length > 0)
        {
            type.OnDeserialized += item => RefuseNullElements(item, lists);
        }
    }

    private static bool IsListOfObjects(JsonPropertyInfo property) =>
        property.PropertyType != typeof(string)
        && property
            .PropertyType.GetInterfaces()
            .Append(property.PropertyType)
            .Any(one =>
                one.IsGenericType
                && one.GetGenericTypeDefinition() == typeof(IEnumerable<>)
                && !one.GenericTypeArguments[0].IsValueType
            );

    private static void RefuseNullElements(object item, JsonPropertyInfo[] lists)
    {
        foreach (var list in lists)
        {
            if (list.Get!(item) is IEnumerable elements && elements.Cast<object?>().Any(element => element is null))
            {
                throw new JsonException($"'{list.Name}' holds null.");
            }
        }
    }
}
