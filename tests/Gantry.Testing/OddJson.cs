using System.Text.Json.Nodes;

namespace Gantry.Testing;

/// <summary>A document in which one value is odd.</summary>
/// <param name="Path">Names and numbers down to the value.</param>
/// <param name="What">What it is now: <c>null</c>, <c>missing</c>, <c>a text</c>.</param>
/// <param name="IsOfItsKind">Whether it is another value of the kind that it was, which reads as what it says.</param>
/// <param name="Json">The whole document.</param>
public sealed record OddJson(IReadOnlyList<string> Path, string What, bool IsOfItsKind, string Json)
{
    /// <summary>A text that no message may show.</summary>
    public const string Text = "hidden-text";

    private const string Lone = "lone-surrogate";

    private static readonly (string What, Func<JsonNode?> Make)[] Values =
    [
        ("null", () => null),
        ("a text", () => Text),
        ("an empty text", () => ""),
        ("a very long text", () => new string('x', 50_000)),
        ("half a character", () => Lone),
        ("a number", () => 97),
        ("a negative number", () => -97),
        ("a huge number", () => long.MaxValue),
        ("a number beyond all", () => JsonNode.Parse("1e300")),
        ("true", () => true),
        ("false", () => false),
        ("an object", () => new JsonObject { ["odd"] = 1 }),
        ("an empty array", () => new JsonArray()),
        ("an array", () => new JsonArray(Text, null, 1)),
    ];

    /// <summary>Every value of the document is odd once, in every way; of the entries of an array one for each form of path.</summary>
    public static IEnumerable<OddJson> Of(string json)
    {
        var root = JsonNode.Parse(json)!;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var place in Below(root, []).Where(place => seen.Add(place.Form)).ToList())
        {
            foreach (var (what, make) in Values)
            {
                var before = place.Value;
                var value = make();
                if (JsonNode.DeepEquals(before, value))
                {
                    continue;
                }

                place.Set(value);
                var odd = root.ToJsonString().Replace($"\"{Lone}\"", "\"\\ud800\"", StringComparison.Ordinal);
                place.Set(before);
                yield return new OddJson(place.Path, what, what is not "half a character" && IsAlike(before, value), odd);
            }

            if (place.Holder is JsonObject holder)
            {
                var before = holder.ToList();
                holder.Remove(place.Path[^1]);
                yield return new OddJson(place.Path, "missing", IsOfItsKind: false, root.ToJsonString());
                holder.Clear();
                foreach (var (name, value) in before)
                {
                    holder[name] = value;
                }

                holder["field_of_next_year"] = "new";
                yield return new OddJson(place.Path, "beside a new field", IsOfItsKind: false, root.ToJsonString());
                holder.Remove("field_of_next_year");
            }
        }
    }

    public override string ToString() => $"{string.Join('.', Path)} is {What}";

    // MAAS writes null where there is nothing, so that a value in its place is another value.
    private static bool IsAlike(JsonNode? before, JsonNode? value) =>
        before is null
        || before.GetValueKind() == value?.GetValueKind()
        || (before.GetValueKind(), value?.GetValueKind())
            is (
                System.Text.Json.JsonValueKind.True
                    or System.Text.Json.JsonValueKind.False,
                System.Text.Json.JsonValueKind.True
                    or System.Text.Json.JsonValueKind.False
            );

    private static IEnumerable<Place> Below(JsonNode? node, IReadOnlyList<string> path)
    {
        IEnumerable<Place> here = node switch
        {
            JsonObject names => names.Select(field => new Place(node, [.. path, field.Key])),
            JsonArray entries => entries.Select((_, at) => new Place(node, [.. path, $"{at}"])),
            _ => [],
        };
        foreach (var place in here.ToList())
        {
            yield return place;
            foreach (var below in Below(place.Value, place.Path))
            {
                yield return below;
            }
        }
    }

    private sealed record Place(JsonNode Holder, IReadOnlyList<string> Path)
    {
        public string Form => string.Join('.', Path.Select(name => int.TryParse(name, out _) ? "#" : name));

        public JsonNode? Value => Holder is JsonArray entries ? entries[int.Parse(Path[^1])] : Holder[Path[^1]];

        public void Set(JsonNode? value)
        {
            if (Holder is JsonArray entries)
            {
                entries[int.Parse(Path[^1])] = value;
            }
            else
            {
                Holder[Path[^1]] = value;
            }
        }
    }
}
