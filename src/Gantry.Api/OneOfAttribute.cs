using System.ComponentModel.DataAnnotations;

namespace Gantry.Api;

/// <summary>A text that has one of a closed set of values: the constants of a class. The OpenAPI document lists them.</summary>
/// <remarks>
/// The fields stay texts: a client reads an answer of a newer console with a value that it does not know, and clients of Palette
/// write an empty text for a value that they do not set.
/// </remarks>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OneOfAttribute(Type vocabulary) : AllowedValuesAttribute([.. Gantry.Api.Vocabulary.Of(vocabulary)])
{
    /// <summary>The class whose constants are the values.</summary>
    public Type Vocabulary { get; } = vocabulary;
}
