using Gantry.Clusters.Model;
using Gantry.Server.Api;
using YamlDotNet.RepresentationModel;

namespace Gantry.Server.Profiles;

/// <summary>
/// A part of a pack's values. <see cref="RefuseTheRest"/> refuses settings that were not read by then, so that every
/// setting is either applied or reported.
/// </summary>
public sealed class PackSettings
{
    private readonly Check _check;
    private readonly string _field;
    private readonly YamlMappingNode _values;
    private readonly HashSet<string> _asked = [];

    private PackSettings(Check check, string field, YamlMappingNode values)
    {
        _check = check;
        _field = field;
        _values = values;
    }

    /// <returns>Null when the text is not YAML or not a mapping; the problem is in <paramref name="check"/>.</returns>
    public static PackSettings? Read(Check check, string field, string text)
    {
        if (YamlText.Documents(check, field, text) is not { } documents)
        {
            return null;
        }

        if (documents.Count > 1)
        {
            check.Problem(field, "holds several YAML documents; write one");
            return null;
        }

        return documents.FirstOrDefault() switch
        {
            null => new PackSettings(check, field, new YamlMappingNode()),
            YamlMappingNode mapping => new PackSettings(check, field, mapping),
            var other when YamlText.Scalar(other) is null && other is YamlScalarNode => new PackSettings(
                check,
                field,
                new YamlMappingNode()
            ),
            _ => Refuse(check, field),
        };
    }

    public string? Text(string key)
    {
        var node = Find(key);
        _check.That(node is null or YamlScalarNode, $"{_field}.{key}", "is not one value");
        return YamlText.Scalar(node);
    }

    /// <summary>A value of its own type; an invalid text is a problem of the field.</summary>
    /// <param name="otherwise">The value when the key is absent or invalid.</param>
    public T Value<T>(string key, T otherwise)
        where T : ITextValue<T> => Text(key) is { } text ? _check.Value<T>($"{_field}.{key}", text) ?? otherwise : otherwise;

    /// <inheritdoc cref="Value"/>
    /// <returns><c>null</c> when the key is absent or its text invalid.</returns>
    public T? OptionalValue<T>(string key)
        where T : class, ITextValue<T> => Text(key) is { Length: > 0 } text ? _check.Value<T>($"{_field}.{key}", text) : null;

    /// <summary>A list of values of one type; an invalid text is a problem of its place in the list.</summary>
    public ValueList<string> Texts<T>(string key)
        where T : ITextValue<T>
    {
        var texts = Texts(key);
        for (var index = 0; index < texts.Count; index++)
        {
            _check.Value<T>($"{_field}.{key}[{index}]", texts[index]);
        }

        return texts;
    }

    /// <summary>A value of one type as a text; <c>null</c> when the key is absent.</summary>
    public string? Text<T>(string key)
        where T : ITextValue<T>
    {
        var text = Text(key);
        if (text is not null)
        {
            _check.Value<T>($"{_field}.{key}", text);
        }

        return text;
    }

    /// <summary>A switch; <c>false</c> when the key is absent.</summary>
    public bool Flag(string key)
    {
        var text = Text(key);
        _check.That(
            text is null or "true" or "false",
            $"{_field}.{key}",
            $"'{ApiError.Shown(text ?? "")}' is no switch; write true or false"
        );
        return text is "true";
    }

    /// <summary>An empty section when the key is absent.</summary>
    public PackSettings Section(string key) =>
        Find(key) switch
        {
            YamlMappingNode mapping => new PackSettings(_check, $"{_field}.{key}", mapping),
            null => new PackSettings(_check, $"{_field}.{key}", new YamlMappingNode()),
            YamlScalarNode scalar when YamlText.Scalar(scalar) is null => new PackSettings(
                _check,
                $"{_field}.{key}",
                new YamlMappingNode()
            ),
            _ => Refuse(_check, $"{_field}.{key}") ?? new PackSettings(_check, $"{_field}.{key}", new YamlMappingNode()),
        };

    public ValueList<string> Texts(string key) =>
        [.. Elements(key).Select((node, index) => Element(node, $"{_field}.{key}[{index}]")).OfType<string>()];

    public IReadOnlyList<PackSettings> Sections(string key) =>
        [
            .. Elements(key)
                .Select(
                    (node, index) =>
                        node is YamlMappingNode mapping
                            ? new PackSettings(_check, $"{_field}.{key}[{index}]", mapping)
                            : Refuse(_check, $"{_field}.{key}[{index}]")
                )
                .OfType<PackSettings>(),
        ];

    /// <summary>Names with one value or a list of them, in their order in the text.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Pairs(string key)
    {
        var section = Section(key);
        return
        [
            .. section._values.Children.SelectMany(pair =>
                pair.Value is YamlSequenceNode several
                    ? several.Children.Select(one =>
                        KeyValuePair.Create(YamlText.Scalar(pair.Key) ?? "", Element(one, section._field) ?? "")
                    )
                    : [KeyValuePair.Create(YamlText.Scalar(pair.Key) ?? "", Element(pair.Value, section._field) ?? "")]
            ),
        ];
    }

    public void Problem(string key, string message) => _check.Problem($"{_field}.{key}", message);

    public void RefuseTheRest()
    {
        foreach (var key in _values.Children.Keys.Select(key => YamlText.Scalar(key) ?? "").Where(key => !_asked.Contains(key)))
        {
            _check.Problem(
                $"{_field}.{ApiError.Shown(key)}",
                $"is not a setting of this layer; there is: {string.Join(", ", _asked)}"
            );
        }
    }

    /// <summary>The value at a dotted path; null when there is none.</summary>
    public string? At(string path)
    {
        YamlNode? node = _values;
        foreach (var part in path.Split('.'))
        {
            node = node is YamlMappingNode mapping
                ? mapping.Children.FirstOrDefault(pair => YamlText.Scalar(pair.Key) == part).Value
                : null;
        }

        return YamlText.Scalar(node);
    }

    private static PackSettings? Refuse(Check check, string field)
    {
        check.Problem(field, "is not a mapping of names to values");
        return null;
    }

    private YamlNode? Find(string key)
    {
        _asked.Add(key);
        return _values.Children.FirstOrDefault(pair => YamlText.Scalar(pair.Key) == key).Value;
    }

    private IEnumerable<YamlNode> Elements(string key)
    {
        var node = Find(key);
        _check.That(
            node is null or YamlSequenceNode || YamlText.Scalar(node) is null && node is YamlScalarNode,
            $"{_field}.{key}",
            "is not a list"
        );
        return node is YamlSequenceNode sequence ? sequence.Children : [];
    }

    private string? Element(YamlNode node, string where)
    {
        _check.That(node is YamlScalarNode, where, "is not one value");
        return node is YamlScalarNode scalar ? scalar.Value : null;
    }
}
