namespace Gantry.Lab.Maas;

/// <summary>What MAAS says when a resource has no such method or operation.</summary>
internal static class Signatures
{
    /// <param name="methods">What the resource serves.</param>
    public static RegionFault Refuse(RegionRequest request, params string[] methods) =>
        methods.Contains(request.Method) || request.Operation is not null
            ? RegionFault.Text(400, $"Unrecognised signature: method={request.Method} op={request.Operation ?? "None"}")
            : new RegionFault(RegionAnswer.Html(405, "") with { Allow = string.Join(", ", methods) });
}
