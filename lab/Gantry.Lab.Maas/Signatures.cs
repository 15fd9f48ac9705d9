namespace Gantry.Lab.Maas;

/// <summary>MAAS's error for an unsupported method or operation.</summary>
internal static class Signatures
{
    /// <param name="methods">The methods the resource supports.</param>
    public static RegionFault Refuse(RegionRequest request, params string[] methods) =>
        methods.Contains(request.Method) || request.Operation is not null
            ? RegionFault.Text(400, $"Unrecognised signature: method={request.Method} op={request.Operation ?? "None"}")
            : new RegionFault(RegionAnswer.Html(405, "") with { Allow = string.Join(", ", methods) });
}
