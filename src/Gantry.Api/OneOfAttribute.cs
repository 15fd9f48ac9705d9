using System.ComponentModel.DataAnnotations;

namespace Gantry.Api;

/// <summary>Marks a string that holds one of the constants of a class. The OpenAPI document lists them.</summary>
/// <remarks>
/// The fields stay strings: a client reads an answer of a newer console with an unknown value, and clients of Palette write an
/// empty string for an unset value.
/// </remarks>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OneOfAttribute(Type vocabulary) : AllowedValuesAttribute([.. Gantry.Api.Vocabulary.Of(vocabulary)])
{
    /// <summary>The class whose constants are the values.</summary>
    public Type Vocabulary { get; } = vocabulary;
}
